//! The one resource that takes credits.

use std::collections::BTreeSet;

use super::Check;
use crate::{Beyond, Plan, Terms};

impl Check<'_> {
    /// Deductions name no resource, and are the usage of the one that takes credits.
    pub(super) fn credit_resource(&mut self, plans: &[Plan]) {
        let terms = || plans.iter().flat_map(|plan| &plan.terms);
        let takes = terms().filter(|terms| terms.beyond == Beyond::Credits);
        let takes: BTreeSet<&str> = takes.map(|terms| terms.resource.as_str()).collect();
        let other = |it: &Terms| !matches!(it.beyond, Beyond::Credits | Beyond::Nothing);
        let elsewhere = terms().any(|it| takes.contains(it.resource.as_str()) && other(it));
        if takes.len() > 1 || elsewhere {
            let reason = "one resource takes credits, in every plan in which it is limited";
            self.complain(0..0, format!("{takes:?} with `beyond = \"credits\"`: {reason}"));
        }
    }
}
