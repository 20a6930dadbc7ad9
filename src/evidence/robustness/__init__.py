"""How far the answer depends on the choices, and what one more trial would add."""
