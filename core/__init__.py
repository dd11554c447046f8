"""What Rounds can do, without a screen.

Law: services speak to the database, science does not; nothing here knows Streamlit.
"""

import os

# A thread of torch that waits for the others sleeps. By default it spins, and a map on a page took ten times as long
# while a training ran beside it. OpenMP reads this once, when torch is loaded: so it stands before all imports.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
