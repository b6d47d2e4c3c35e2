"""The seeded scenario maker: drives trucks along the catalogue and breaks the rules on request.

    from replay.maker import DEFAULT_MIX, Spec, make
    feed = make(Spec(seed=1, n_shipments=100, noise_m=15, mix=DEFAULT_MIX))

`python -m replay.maker --help` writes the scenario folders.
"""

from replay.maker.catalogue import Catalogue, read_catalogue
from replay.maker.feed import DEFAULT_MIX, Feed, Spec, make
from replay.maker.story import Label

__all__ = ["DEFAULT_MIX", "Catalogue", "Feed", "Label", "Spec", "make", "read_catalogue"]
