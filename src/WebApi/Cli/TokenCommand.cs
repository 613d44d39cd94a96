using System.CommandLine;
namespace Claudy.WebApi.Cli;
internal static class TokenCommand { public static Command Create() => new("token", "x"); }
