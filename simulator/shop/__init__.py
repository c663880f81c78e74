"""A small outside world whose side effects are counted, `/shop`. No part of OpenAI."""
