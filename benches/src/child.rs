//! One measurement in a process of its own, since a contender may install things globally.
