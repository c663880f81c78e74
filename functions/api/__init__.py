"""ApiFunction: starts runs, shows them, and takes down what people want of them. It never calls OpenAI."""
