//! Named windows: `f(x) OVER w … WINDOW w AS (…)` is `f(x) OVER (…)`, and a window that begins with the name of another one goes
//! on with its partition and order ("SELECT: WINDOW clause"). Not in subqueries, which do not see the names.

use std::ops::ControlFlow;

use datafusion::sql::sqlparser::ast::{
    Expr, NamedWindowDefinition, NamedWindowExpr, OrderByExpr, OrderByKind, Query, Select, SelectItem, SetExpr, VisitMut,
    VisitorMut, WindowSpec, WindowType,
};

/// Puts windows where their names are; names that are not there stay, for the planner to refuse.
pub(super) fn resolved(query: &mut Query) {
    let SetExpr::Select(select) = query.body.as_mut() else { return };
    if select.named_window.is_empty() {
        return;
    }
    let mut known: Vec<(String, WindowSpec)> = vec![];
    for NamedWindowDefinition(name, window) in std::mem::take(&mut select.named_window) {
        let spec = match window {
            NamedWindowExpr::WindowSpec(spec) => merged(spec, &known),
            NamedWindowExpr::NamedWindow(other) => {
                let spec = WindowSpec { window_name: Some(other), partition_by: vec![], order_by: vec![], window_frame: None };
                merged(spec, &known)
            }
        };
        known.push((catalog::name::fold(&name.value), spec));
    }
    let mut visitor = Windows { known, depth: 0 };
    each(select, query.order_by.as_mut().map(|order| &mut order.kind), &mut |expr| {
        let _: ControlFlow<()> = expr.visit(&mut visitor);
    });
}

/// All expressions of a select and its order that may have window functions.
pub(super) fn each(select: &mut Select, order: Option<&mut OrderByKind>, visit: &mut dyn FnMut(&mut Expr)) {
    for item in &mut select.projection {
        match item {
            SelectItem::UnnamedExpr(expr) | SelectItem::ExprWithAlias { expr, .. } | SelectItem::ExprWithAliases { expr, .. } => {
                visit(expr);
            }
            _ => {}
        }
    }
    if let Some(OrderByKind::Expressions(order)) = order {
        order.iter_mut().for_each(|by: &mut OrderByExpr| visit(&mut by.expr));
    }
}

fn merged(mut spec: WindowSpec, known: &[(String, WindowSpec)]) -> WindowSpec {
    let named = spec.window_name.as_ref().map(|name| catalog::name::fold(&name.value));
    let Some((_, base)) = named.and_then(|name| known.iter().find(|(known, _)| *known == name)) else { return spec };
    spec.window_name = None;
    // A row pattern is the last of the partition's keys, and of the window that has it.
    spec.partition_by = base.partition_by.iter().cloned().chain(spec.partition_by).collect();
    if spec.order_by.is_empty() {
        spec.order_by.clone_from(&base.order_by);
    }
    if spec.window_frame.is_none() {
        spec.window_frame.clone_from(&base.window_frame);
    }
    spec
}

struct Windows {
    known: Vec<(String, WindowSpec)>,
    /// How many subqueries are around.
    depth: usize,
}

impl VisitorMut for Windows {
    type Break = ();

    fn pre_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &mut Query) -> ControlFlow<()> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expr: &mut Expr) -> ControlFlow<()> {
        if self.depth == 0
            && let Expr::Function(function) = expr
        {
            match &mut function.over {
                Some(WindowType::NamedWindow(name)) => {
                    let name = catalog::name::fold(&name.value);
                    if let Some((_, spec)) = self.known.iter().find(|(known, _)| *known == name) {
                        function.over = Some(WindowType::WindowSpec(spec.clone()));
                    }
                }
                Some(WindowType::WindowSpec(spec)) if spec.window_name.is_some() => *spec = merged(spec.clone(), &self.known),
                _ => {}
            }
        }
        ControlFlow::Continue(())
    }
}
