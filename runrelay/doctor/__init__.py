"""What `runrelay doctor` looks at: the stack, its endpoint at OpenAI, its URL, its queues, its runs."""
