//! The path templates of `google.api.http`: `/training/v1/{name=orders/*}:publish`.

/// A template, taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    segments: Vec<Segment>,
    /// What comes after the last colon, such as `publish`.
    verb: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Segment {
    Literal(String),
    /// One segment, part of the variable with this number.
    Wild(Option<usize>),
    /// A literal that belongs to a variable.
    Within(usize, String),
}

/// The variables a path gave, by field.
pub type Bound = Vec<(String, String)>;

/// A template with the names of its variables.
#[derive(Debug, Clone)]
pub struct Pattern {
    template: Template,
    pub variables: Vec<String>,
}

impl Pattern {
    /// Reads a template. The contract is ours, so one that cannot be read matches nothing, and a test finds it.
    pub fn parse(text: &str) -> Option<Self> {
        let (path, verb) = match text.rsplit_once(':') {
            Some((path, verb)) if !verb.contains(['/', '}']) => (path, Some(verb.to_owned())),
            _ => (text, None),
        };
        let (mut segments, mut variables) = (Vec::new(), Vec::new());
        let mut rest = path.strip_prefix('/')?;
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('{') {
                let (inside, tail) = after.split_once('}')?;
                let (name, shape) = inside.split_once('=').unwrap_or((inside, "*"));
                let number = variables.len();
                variables.push(name.to_owned());
                segments.extend(shape.split('/').map(|part| match part {
                    "*" => Segment::Wild(Some(number)),
                    literal => Segment::Within(number, literal.to_owned()),
                }));
                rest = tail.strip_prefix('/').unwrap_or(tail);
            } else {
                let (literal, tail) = rest.split_once('/').unwrap_or((rest, ""));
                segments.push(if literal == "*" { Segment::Wild(None) } else { Segment::Literal(literal.to_owned()) });
                rest = tail;
            }
        }
        Some(Self { template: Template { segments, verb }, variables })
    }

    /// The variables of `path`, if it fits.
    pub fn bind(&self, path: &str) -> Option<Bound> {
        let path = path.strip_prefix('/')?;
        let path = match &self.template.verb {
            Some(verb) => path.strip_suffix(verb.as_str())?.strip_suffix(':')?,
            None => path,
        };
        let parts: Vec<&str> = path.split('/').collect();
        if parts.len() != self.template.segments.len() {
            return None;
        }
        let mut values: Vec<Vec<&str>> = vec![Vec::new(); self.variables.len()];
        for (part, segment) in parts.into_iter().zip(&self.template.segments) {
            match segment {
                Segment::Literal(literal) if literal == part => {}
                Segment::Within(variable, literal) if literal == part => values[*variable].push(part),
                Segment::Wild(variable) if !part.is_empty() && !part.contains(':') => {
                    if let Some(variable) = variable {
                        values[*variable].push(part);
                    }
                }
                _ => return None,
            }
        }
        Some(self.variables.iter().cloned().zip(values.into_iter().map(|parts| parts.join("/"))).collect())
    }

    /// The path as OpenAPI writes it, with the ids as parameters: `/training/v1/orders/{order}:publish`.
    pub fn openapi(&self) -> (String, Vec<String>) {
        let mut parameters = Vec::new();
        let mut path = String::new();
        let mut collection = "id".to_owned();
        for segment in &self.template.segments {
            path.push('/');
            match segment {
                Segment::Literal(literal) => path.push_str(literal),
                Segment::Within(_, literal) => {
                    path.push_str(literal);
                    singular(literal).clone_into(&mut collection);
                }
                Segment::Wild(_) => {
                    path.extend(["{", collection.as_str(), "}"]);
                    parameters.push(collection.clone());
                }
            }
        }
        if let Some(verb) = &self.template.verb {
            path.push(':');
            path.push_str(verb);
        }
        (path, parameters)
    }
}

/// What one of a collection is called: classes, paymentBatches, orders.
fn singular(collection: &str) -> &str {
    let stem = collection.strip_suffix("es").filter(|stem| stem.ends_with("ss") || stem.ends_with("ch"));
    stem.or_else(|| collection.strip_suffix('s')).unwrap_or(collection)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bind(template: &str, path: &str) -> Option<Bound> {
        Pattern::parse(template).unwrap().bind(path)
    }

    #[test]
    fn a_variable_takes_its_whole_resource_name() {
        let bound = bind("/training/v1/{name=orders/*}:publish", "/training/v1/orders/7:publish").unwrap();
        assert_eq!(bound, [("name".to_owned(), "orders/7".to_owned())]);
        let bound = bind("/subsidy/v1/{name=funds/*}/budget", "/subsidy/v1/funds/7/budget").unwrap();
        assert_eq!(bound, [("name".to_owned(), "funds/7".to_owned())]);
    }

    #[test]
    fn what_does_not_fit_is_not_bound() {
        for path in [
            "/training/v1/orders/7",
            "/training/v1/orders/:publish",
            "/training/v1/classes/7:publish",
            "/training/v1/orders/7/8:publish",
            "",
        ] {
            assert_eq!(bind("/training/v1/{name=orders/*}:publish", path), None, "{path}");
        }
        assert_eq!(bind("/training/v1/{name=orders/*}", "/training/v1/orders/7:publish"), None);
    }

    #[test]
    fn every_template_of_the_contract_reads_and_shows_its_ids() {
        let pattern = Pattern::parse("/training/v1/{name=orders/*}:publish").unwrap();
        assert_eq!(pattern.openapi(), ("/training/v1/orders/{order}:publish".to_owned(), vec!["order".to_owned()]));
    }

    #[test]
    fn one_of_a_collection_is_called_by_its_singular() {
        for (collection, one) in
            [("classes", "class"), ("paymentBatches", "paymentBatch"), ("orders", "order"), ("schemes", "scheme")]
        {
            assert_eq!(singular(collection), one);
        }
    }
}
