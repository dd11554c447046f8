"""Explain a model: one module for each method, none leaning on another."""
