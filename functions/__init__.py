"""One Lambda function a folder; `app.py` in each is its composition root.

Not here: what two of them must agree on, which is the layer `contracts`.
"""
