//! Tariffs, rating, runs, documents, exports.
