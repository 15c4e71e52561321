//! What can be told of an argument from the source alone.

use rhai::{Expr, FnPtr};

use crate::script::api::words::{Form, Given, ParamType};

/// A literal argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Whole(i64),
    Number(f64),
    Text(String),
    Bool(bool),
}

impl Literal {
    /// `None` for anything that is not a plain literal.
    pub(super) fn of(argument: &Expr) -> Option<Self> {
        Some(match argument {
            Expr::IntegerConstant(number, _) => Literal::Whole(*number),
            Expr::FloatConstant(number, _) => Literal::Number(**number),
            Expr::StringConstant(text, _) => Literal::Text(text.to_string()),
            Expr::BoolConstant(value, _) => Literal::Bool(*value),
            _ => return None,
        })
    }
}

/// An argument's type, where the source makes it plain, and its text where it is a literal.
/// `forms` are those of the vocabulary's words, to know what a call gives back.
pub(super) fn given(argument: &Expr, forms: impl Fn(&str) -> &'static [Form]) -> Given {
    let kind = match argument {
        Expr::IntegerConstant(..) => Some(ParamType::Whole),
        Expr::FloatConstant(..) => Some(ParamType::Number),
        Expr::StringConstant(..) | Expr::InterpolatedString(..) => Some(ParamType::Text),
        Expr::BoolConstant(..) => Some(ParamType::Bool),
        Expr::Array(..) => Some(ParamType::Array),
        Expr::Map(..) => Some(ParamType::Map),
        Expr::Unit(_) => Some(ParamType::Nothing),
        Expr::DynamicConstant(value, _) if value.is::<FnPtr>() => Some(ParamType::Function),
        Expr::FnCall(call, _) if !call.is_qualified() => forms(&call.name)
            .first()
            .map(|form| form.returns)
            .filter(|kind| !matches!(kind, ParamType::Any | ParamType::Reading)),
        _ => None,
    };
    Given { kind, text: text(argument) }
}

fn text(argument: &Expr) -> Option<String> {
    Some(match argument {
        Expr::IntegerConstant(number, _) => number.to_string(),
        Expr::FloatConstant(number, _) => number.to_string(),
        Expr::StringConstant(text, _) => format!("{text:?}"),
        Expr::BoolConstant(value, _) => value.to_string(),
        Expr::Array(items, _) => {
            let items: Option<Vec<_>> = items.iter().map(text).collect();
            format!("[{}]", items?.join(", "))
        }
        _ => return None,
    })
}
