//! One topic each, a page or less: see the `examples` folder beside `src`.
