"""The tools for clients of the Model Context Protocol: what is offered, how it is called, how it is spoken."""
