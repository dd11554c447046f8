"""What Rounds can do, without a screen.

Law: services speak to the database, science does not; nothing here knows Streamlit.
"""
