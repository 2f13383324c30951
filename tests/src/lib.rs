//! Black-box tests.

#[cfg(test)]
mod crawl_layouts;
