"""Documents as trees that know their places, and what is wrong with them."""
