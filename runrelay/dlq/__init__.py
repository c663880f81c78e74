"""Dead letters: listing them, and redriving them so that nothing is done twice."""
