"""The knowledge base as web pages: readable without JavaScript, on a phone and on paper."""
