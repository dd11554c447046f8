"""Erase persons from a home, and remove files that no row names."""
