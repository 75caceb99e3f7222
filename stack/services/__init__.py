"""The services of the product, one module each: how it is started, what it needs, how its health is told."""
