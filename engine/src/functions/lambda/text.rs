//! Lambdas over the matches of a regular expression.

use super::{Lambda, Overload};
use crate::functions::regexp::replace_by_lambda;

pub(super) const FUNCTIONS: &[Lambda] = &[Lambda {
    names: &["$regexp_replace"],
    description: "regexp_replace with a lambda: the text with each match replaced by what the lambda gives for its groups",
    overloads: &[Overload {
        signature: "(varchar, varchar, function(array(varchar), varchar)) -> varchar",
        call: replace_by_lambda,
    }],
}];
