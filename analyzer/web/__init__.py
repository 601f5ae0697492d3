"""The app: pages for the person with the skin and for the clinic, and the routes that show photographs."""
