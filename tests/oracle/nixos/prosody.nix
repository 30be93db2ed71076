{
  services.prosody = {
    enable = true;
    admins = [ "admin@chat.example.org" ];
    ssl.cert = "/var/lib/acme/chat.example.org/fullchain.pem";
    ssl.key = "/var/lib/acme/chat.example.org/key.pem";
    virtualHosts."chat.example.org" = {
      enabled = true;
      domain = "chat.example.org";
    };
    muc = [ { domain = "rooms.chat.example.org"; } ];
    httpFileShare.domain = "upload.chat.example.org";
  };
}
