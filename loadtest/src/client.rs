//! Cheap clients: the harness shares its machine with the server, so bytes are made and read by hand.

pub mod api;
pub mod frame;
pub mod http;
pub mod socket;

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use tokio::net::{TcpSocket, TcpStream};

/// Connects from the `source`-th loopback address, so that no address runs out of ports. Buffers of the kernel are left alone unless given.
pub async fn dial(to: SocketAddr, source: u8, receive_buffer: Option<u32>) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_nodelay(true)?;
    if let Some(bytes) = receive_buffer {
        socket.set_recv_buffer_size(bytes)?;
    }
    if source > 0 {
        socket.bind(SocketAddr::new(IpAddr::V4(Ipv4Addr::new(127, 0, 0, source)), 0))?;
    }
    socket.connect(to).await
}
