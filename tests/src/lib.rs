//! Black-box tests.

#[cfg(test)]
mod crawl_cases;
#[cfg(test)]
mod crawl_layouts;
