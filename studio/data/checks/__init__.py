"""What is wrong with the rows of a dataset, and what is in them; needs no model."""
