//! The error type of provider endpoints: an answer that ends the handler early.

use std::cell::Cell;
use std::fmt;

use actix_web::{HttpResponse, ResponseError};

/// A finished error answer, so that handlers can use `?`.
pub(crate) struct Refused(Box<Cell<Option<HttpResponse>>>);

impl From<HttpResponse> for Refused {
    fn from(answer: HttpResponse) -> Self {
        Self(Box::new(Cell::new(Some(answer))))
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refused")
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused by the simulated provider")
    }
}

impl ResponseError for Refused {
    fn error_response(&self) -> HttpResponse {
        // actix asks once.
        self.0.take().unwrap_or_else(|| HttpResponse::InternalServerError().finish())
    }
}
