//! Opening, routing, working, returning, closing; timeline; targets.
