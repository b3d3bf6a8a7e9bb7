//! Which route a path belongs to: API Gateway prefers the one with the most fixed segments first.

use std::collections::BTreeMap;

use percent_encoding::percent_decode_str;

use crate::template::Route;

/// All routes.
#[derive(Debug)]
pub struct Routes(Vec<Route>);

/// A route that was found, with the values of its parameters.
#[derive(Debug, PartialEq, Eq)]
pub struct Match<'a> {
    /// The route.
    pub route: &'a Route,
    /// The parameters, decoded.
    pub parameters: BTreeMap<String, String>,
}

impl Routes {
    /// In the order in which they are tried.
    pub fn new(mut routes: Vec<Route>) -> Self {
        // A fixed segment sorts before a parameter at the same place; the default route is last.
        routes.sort_by_key(|route| {
            let segments = route.path.split('/');
            let segments = segments.map(|segment| segment.starts_with('{')).collect::<Vec<_>>();
            (route.is_default(), segments)
        });
        Self(routes)
    }

    /// The route of a request.
    pub fn find(&self, method: &str, path: &str) -> Option<Match<'_>> {
        self.0.iter().find_map(|route| {
            let parameters = if route.is_default() {
                BTreeMap::new()
            } else {
                (route.method == method).then(|| parameters(&route.path, path)).flatten()?
            };
            Some(Match { route, parameters })
        })
    }
}

fn parameters(route: &str, path: &str) -> Option<BTreeMap<String, String>> {
    let mut parameters = BTreeMap::new();
    let mut given = path.split('/');
    for segment in route.split('/') {
        let value = given.next()?;
        let name = segment.strip_prefix('{').and_then(|name| name.strip_suffix('}'));
        match name {
            Some(_) if value.is_empty() => return None,
            Some(name) => {
                let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
                parameters.insert(name.to_owned(), value);
            }
            None if segment == value => {}
            None => return None,
        }
    }
    given.next().is_none().then_some(parameters)
}
