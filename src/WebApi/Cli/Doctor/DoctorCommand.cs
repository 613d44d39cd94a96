using System.CommandLine;
namespace Claudy.WebApi.Cli.Doctor;
internal static class DoctorCommand { public static Command Create() => new("doctor", "x"); }
