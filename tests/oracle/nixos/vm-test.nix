{ lib, ... }:
{
  name = "two-machines";
  nodes = {
    server = {
      networking.firewall.allowedTCPPorts = [ 80 ];
      services.nginx.enable = true;
    };
    client =
      { pkgs, ... }:
      {
        environment.systemPackages = [ pkgs.curl ];
      };
  };
  testScript = ''
    start_all()
    server.wait_for_unit("nginx.service")
    client.succeed("curl --fail http://server/")
  '';
  meta.maintainers = [ ];
  defaults.networking.useDHCP = lib.mkDefault false;
}
