//! Inter-authority agreements and their signatures.
