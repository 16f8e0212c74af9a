//! Whole stacks over real connections: everything here is in the tests.
