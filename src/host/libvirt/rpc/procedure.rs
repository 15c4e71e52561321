//! The numbers of libvirt's procedures (`remote_protocol.x`, `enum remote_procedure`).

pub const CONNECT_OPEN: i32 = 1;
pub const CONNECT_CLOSE: i32 = 2;
pub const CONNECT_GET_CAPABILITIES: i32 = 7;
pub const DOMAIN_GET_XML_DESC: i32 = 14;
pub const DOMAIN_GET_AUTOSTART: i32 = 15;
pub const DOMAIN_GET_INFO: i32 = 16;
pub const DOMAIN_LOOKUP_BY_NAME: i32 = 23;
pub const DOMAIN_RESUME: i32 = 28;
pub const DOMAIN_SET_AUTOSTART: i32 = 29;
pub const CONNECT_SUPPORTS_FEATURE: i32 = 60;
pub const AUTH_LIST: i32 = 66;
pub const AUTH_POLKIT: i32 = 70;
pub const STORAGE_POOL_REFRESH: i32 = 83;
pub const STORAGE_POOL_LOOKUP_BY_NAME: i32 = 84;
pub const STORAGE_POOL_GET_INFO: i32 = 87;
pub const STORAGE_VOL_CREATE_XML: i32 = 93;
pub const STORAGE_VOL_DELETE: i32 = 94;
pub const STORAGE_VOL_LOOKUP_BY_NAME: i32 = 95;
pub const STORAGE_VOL_GET_INFO: i32 = 98;
pub const STORAGE_VOL_GET_XML_DESC: i32 = 99;
pub const STORAGE_VOL_GET_PATH: i32 = 100;
pub const STORAGE_VOL_CREATE_XML_FROM: i32 = 125;
pub const DOMAIN_CREATE_WITH_FLAGS: i32 = 196;
pub const STORAGE_VOL_UPLOAD: i32 = 208;
pub const DOMAIN_GET_STATE: i32 = 212;
pub const DOMAIN_UNDEFINE_FLAGS: i32 = 231;
pub const DOMAIN_DESTROY_FLAGS: i32 = 234;
pub const DOMAIN_SHUTDOWN_FLAGS: i32 = 258;
pub const STORAGE_VOL_RESIZE: i32 = 260;
pub const CONNECT_LIST_ALL_DOMAINS: i32 = 273;
pub const CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY: i32 = 316;
/// Sent by the server.
pub const DOMAIN_EVENT_CALLBACK_LIFECYCLE: i32 = 318;
pub const DOMAIN_DEFINE_XML_FLAGS: i32 = 350;
pub const DOMAIN_INTERFACE_ADDRESSES: i32 = 353;

/// Of the keepalive program.
pub const PING: i32 = 1;
pub const PONG: i32 = 2;

/// As a reader knows a procedure: `domain start`.
pub fn name(procedure: i32) -> &'static str {
    match procedure {
        CONNECT_OPEN => "opening the driver",
        CONNECT_CLOSE => "closing",
        CONNECT_GET_CAPABILITIES => "capabilities",
        DOMAIN_GET_XML_DESC => "the description of a domain",
        DOMAIN_GET_AUTOSTART | DOMAIN_SET_AUTOSTART => "autostart",
        DOMAIN_GET_INFO | DOMAIN_GET_STATE => "the state of a domain",
        DOMAIN_LOOKUP_BY_NAME => "looking for a domain",
        DOMAIN_RESUME => "resuming a domain",
        CONNECT_SUPPORTS_FEATURE => "asking for a feature",
        AUTH_LIST | AUTH_POLKIT => "authentication",
        STORAGE_POOL_LOOKUP_BY_NAME | STORAGE_POOL_GET_INFO | STORAGE_POOL_REFRESH => {
            "looking at a storage pool"
        }
        STORAGE_VOL_CREATE_XML => "making a volume",
        STORAGE_VOL_CREATE_XML_FROM => "cloning a volume",
        STORAGE_VOL_DELETE => "deleting a volume",
        STORAGE_VOL_LOOKUP_BY_NAME
        | STORAGE_VOL_GET_INFO
        | STORAGE_VOL_GET_PATH
        | STORAGE_VOL_GET_XML_DESC => "looking at a volume",
        STORAGE_VOL_RESIZE => "resizing a volume",
        STORAGE_VOL_UPLOAD => "filling a volume",
        DOMAIN_CREATE_WITH_FLAGS => "starting a domain",
        DOMAIN_UNDEFINE_FLAGS => "undefining a domain",
        DOMAIN_DESTROY_FLAGS => "forcing a domain off",
        DOMAIN_SHUTDOWN_FLAGS => "shutting a domain down",
        CONNECT_LIST_ALL_DOMAINS => "listing the domains",
        CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY => "listening to events",
        DOMAIN_DEFINE_XML_FLAGS => "defining a domain",
        DOMAIN_INTERFACE_ADDRESSES => "the addresses of a domain",
        _ => "a call",
    }
}
