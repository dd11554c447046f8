"""Check whether saliency maps depend on the model's weights and on the class (Adebayo et al. 2018)."""
