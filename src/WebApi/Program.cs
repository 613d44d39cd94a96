using Claudy.WebApi.Cli;
using Claudy.WebApi.Hosting;

return await CommandLine.RunAsync(args, ServeCommand.RunAsync);
