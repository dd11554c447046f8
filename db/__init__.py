"""Define the catalogue: tables, queries and migrations.

Law: imports SQLAlchemy and the standard library only (migrations may import Alembic).
"""

from db.database import Database
from db.error_codes import CatalogueProblem

__all__ = ["CatalogueProblem", "Database"]
