//! What can be told of an argument from the source alone.

use rhai::{Expr, FnPtr};

/// A literal argument.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    Whole(i64),
    Number(f64),
    Text(String),
    Bool(bool),
}

/// One way of calling a function of the vocabulary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    pub name: &'static str,
    pub params: &'static [ParamType],
}

/// What an argument has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParamType {
    /// With or without a fraction.
    Number,
    /// Without a fraction.
    Whole,
    Text,
    Bool,
    Array,
    Map,
    /// A closure, or a function by its name.
    Function,
    /// One of the vocabulary's own, as people call it (`a schedule`): no literal is one.
    Own(&'static str),
    Any,
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

impl Signature {
    /// `every(a string)`, or `.lasting(a string)` for a method.
    pub(super) fn written(&self, as_method: bool) -> String {
        let (dot, skipped) = if as_method { (".", 1) } else { ("", 0) };
        let params: Vec<_> = self.params.iter().skip(skipped).map(|param| param.word()).collect();
        format!("{dot}{}({})", self.name, params.join(", "))
    }
}

impl ParamType {
    /// The type of an argument, where the source makes it plain.
    pub(super) fn of(argument: &Expr) -> Option<Self> {
        Some(match argument {
            Expr::IntegerConstant(..) => ParamType::Whole,
            Expr::FloatConstant(..) => ParamType::Number,
            Expr::StringConstant(..) | Expr::InterpolatedString(..) => ParamType::Text,
            Expr::BoolConstant(..) => ParamType::Bool,
            Expr::Array(..) => ParamType::Array,
            Expr::Map(..) => ParamType::Map,
            Expr::Unit(_) => ParamType::Own("nothing"),
            Expr::DynamicConstant(value, _) if value.is::<FnPtr>() => ParamType::Function,
            _ => return None,
        })
    }

    /// Whether an argument of this type may stand for `param`.
    pub(super) fn fits(self, param: ParamType) -> bool {
        param == ParamType::Any
            || self == param
            || (self == ParamType::Whole && param == ParamType::Number)
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            ParamType::Number => "a number",
            ParamType::Whole => "a whole number",
            ParamType::Text => "a string",
            ParamType::Bool => "a bool",
            ParamType::Array => "an array",
            ParamType::Map => "a map",
            ParamType::Function => "a function",
            ParamType::Own(word) => word,
            ParamType::Any => "any value",
        }
    }
}
