"""SweeperFunction: finds open runs that nobody has looked at in time. It looks at none itself."""
