"""Compute, store and export saliency maps of single cases. Stands on predictions; knows nothing of evaluation."""
