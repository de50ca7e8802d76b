//! Usage events and rollups: knows quantities, never prices.
