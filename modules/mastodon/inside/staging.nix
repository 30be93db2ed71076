# Inside a staging copy. The host lets nothing out; Mastodon does not even try.
{ instance }:
{ lib, ... }:
lib.mkIf (instance.staging != null) {
  services.mastodon = {
    smtp.createLocally = lib.mkForce false;
    extraConfig = {
      # Mail is made and dropped.
      SMTP_DELIVERY_METHOD = "test";
      # A made-up token gets past the password in front of /api, and must not get further.
      DISALLOW_UNAUTHENTICATED_API_ACCESS = "true";
    };
  };
}
