//! Regions made by hand, and what is left of them.
