"""Records: patients, treatments, photographs, readings; who may see them and who has seen them."""
