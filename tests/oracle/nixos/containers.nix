{ lib, ... }:
{
  containers = lib.genAttrs [ "one" "two" ] (name: {
    autoStart = true;
    privateNetwork = true;
    hostAddress = "10.0.0.1";
    localAddress = if name == "one" then "10.0.0.2" else "10.0.0.3";
    config = {
      services.nginx = {
        enable = true;
        virtualHosts."${name}.example.org".root = "/srv/${name}";
      };
      services.postgresql.enable = true;
      system.stateVersion = "25.11";
    };
  });
}
