using Claudy.Application.Sessions.Ports;
using Claudy.Infrastructure.InProcess;
using Claudy.Integration.Tests.Contracts;

namespace Claudy.Integration.Tests.InProcess;

public sealed class InProcessSessionDirectoryTests : SessionDirectoryContract, IDisposable
{
    private readonly InProcessSessionDirectory _directory = new();

    protected override ISessionDirectory Directory => _directory;

    public void Dispose() => _directory.Dispose();
}
