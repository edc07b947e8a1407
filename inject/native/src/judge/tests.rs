//! Verdicts over runs that are made up.

use super::*;
