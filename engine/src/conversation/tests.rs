//! Given / when / then tables of every command, and random walks against a naive model.
