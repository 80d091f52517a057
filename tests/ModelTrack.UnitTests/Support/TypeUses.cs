using System.Collections.Immutable;
using System.Reflection;
using System.Reflection.Emit;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace ModelTrack.UnitTests.Support;

/// <summary>That a type, or one nested in it, names another: in a signature, a body, an attribute, a constraint, as base or interface.</summary>
internal sealed record TypeUse(string Namespace, string Type, string UsedNamespace, string UsedType);

/// <summary>Reads an assembly's uses of types from its metadata and its method bodies, without loading what it refers to.</summary>
internal sealed class TypeUses : ISignatureTypeProvider<bool, object?>
{
    private static readonly Dictionary<int, OperandType> s_operands = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(o => o.Value & 0xFFFF, o => o.OperandType);

    private readonly PEReader _file;
    private readonly MetadataReader _reader;
    private readonly HashSet<TypeUse> _uses = [];
    private (string Namespace, string Name) _user;

    private TypeUses(PEReader file)
    {
        _file = file;
        _reader = file.GetMetadataReader();
    }

    public static IReadOnlyList<TypeUse> Of(string assemblyPath)
    {
        using var file = new PEReader(File.OpenRead(assemblyPath));
        var uses = new TypeUses(file);
        foreach (var handle in uses._reader.TypeDefinitions) uses.Visit(handle);
        return [.. uses._uses];
    }

    private void Visit(TypeDefinitionHandle handle)
    {
        var type = _reader.GetTypeDefinition(handle);
        _user = NameOf(handle);
        See(type.BaseType);
        foreach (var i in type.GetInterfaceImplementations()) See(_reader.GetInterfaceImplementation(i).Interface);
        See(type.GetCustomAttributes());
        See(type.GetGenericParameters());
        foreach (var field in type.GetFields().Select(_reader.GetFieldDefinition))
        {
            field.DecodeSignature(this, null);
            See(field.GetCustomAttributes());
        }

        foreach (var property in type.GetProperties().Select(_reader.GetPropertyDefinition))
        {
            property.DecodeSignature(this, null);
            See(property.GetCustomAttributes());
        }

        foreach (var happening in type.GetEvents().Select(_reader.GetEventDefinition)) See(happening.Type);
        foreach (var method in type.GetMethods().Select(_reader.GetMethodDefinition))
        {
            method.DecodeSignature(this, null);
            See(method.GetCustomAttributes());
            See(method.GetGenericParameters());
            foreach (var parameter in method.GetParameters()) See(_reader.GetParameter(parameter).GetCustomAttributes());
            if (method.RelativeVirtualAddress != 0) VisitBody(_file.GetMethodBody(method.RelativeVirtualAddress));
        }
    }

    private void VisitBody(MethodBodyBlock body)
    {
        if (!body.LocalSignature.IsNil) _reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(this, null);
        foreach (var region in body.ExceptionRegions) See(region.CatchType);
        var il = body.GetILReader();
        while (il.RemainingBytes > 0)
        {
            int code = il.ReadByte();
            if (code == 0xFE) code = (code << 8) | il.ReadByte();
            switch (s_operands[code])
            {
                case OperandType.InlineNone:
                    break;
                case OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar:
                    il.ReadByte();
                    break;
                case OperandType.InlineVar:
                    il.ReadInt16();
                    break;
                case OperandType.InlineI8 or OperandType.InlineR:
                    il.ReadInt64();
                    break;
                case OperandType.InlineSwitch:
                    for (var targets = il.ReadInt32(); targets > 0; targets--) il.ReadInt32();
                    break;
                case OperandType.InlineField or OperandType.InlineMethod or OperandType.InlineTok or OperandType.InlineType:
                    See(MetadataTokens.EntityHandle(il.ReadInt32()));
                    break;
                default:
                    il.ReadInt32();
                    break;
            }
        }
    }

    private void See(EntityHandle handle)
    {
        if (handle.IsNil) return;
        switch (handle.Kind)
        {
            case HandleKind.TypeDefinition:
                Add(NameOf((TypeDefinitionHandle)handle));
                break;
            case HandleKind.TypeReference:
                Add(NameOf((TypeReferenceHandle)handle));
                break;
            case HandleKind.TypeSpecification:
                _reader.GetTypeSpecification((TypeSpecificationHandle)handle).DecodeSignature(this, null);
                break;
            case HandleKind.MethodDefinition:
                See(_reader.GetMethodDefinition((MethodDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.FieldDefinition:
                See(_reader.GetFieldDefinition((FieldDefinitionHandle)handle).GetDeclaringType());
                break;
            case HandleKind.MemberReference:
                var member = _reader.GetMemberReference((MemberReferenceHandle)handle);
                See(member.Parent);
                if (member.GetKind() == MemberReferenceKind.Method) member.DecodeMethodSignature(this, null);
                else member.DecodeFieldSignature(this, null);
                break;
            case HandleKind.MethodSpecification:
                var method = _reader.GetMethodSpecification((MethodSpecificationHandle)handle);
                See(method.Method);
                method.DecodeSignature(this, null);
                break;
        }
    }

    private void See(CustomAttributeHandleCollection attributes)
    {
        foreach (var attribute in attributes) See(_reader.GetCustomAttribute(attribute).Constructor);
    }

    private void See(GenericParameterHandleCollection parameters)
    {
        foreach (var parameter in parameters)
            foreach (var constraint in _reader.GetGenericParameter(parameter).GetConstraints())
                See(_reader.GetGenericParameterConstraint(constraint).Type);
    }

    private void Add((string Namespace, string Name) used) => _uses.Add(new TypeUse(_user.Namespace, _user.Name, used.Namespace, used.Name));

    /// <summary>A nested type is its outermost one's.</summary>
    private (string Namespace, string Name) NameOf(TypeDefinitionHandle handle)
    {
        var type = _reader.GetTypeDefinition(handle);
        for (var outer = type.GetDeclaringType(); !outer.IsNil; outer = type.GetDeclaringType()) type = _reader.GetTypeDefinition(outer);
        return (_reader.GetString(type.Namespace), _reader.GetString(type.Name));
    }

    private (string Namespace, string Name) NameOf(TypeReferenceHandle handle)
    {
        var type = _reader.GetTypeReference(handle);
        while (type.ResolutionScope.Kind == HandleKind.TypeReference) type = _reader.GetTypeReference((TypeReferenceHandle)type.ResolutionScope);
        return (_reader.GetString(type.Namespace), _reader.GetString(type.Name));
    }

    public bool GetTypeFromDefinition(MetadataReader reader, TypeDefinitionHandle handle, byte rawTypeKind)
    {
        See(handle);
        return true;
    }

    public bool GetTypeFromReference(MetadataReader reader, TypeReferenceHandle handle, byte rawTypeKind)
    {
        See(handle);
        return true;
    }

    public bool GetTypeFromSpecification(MetadataReader reader, object? genericContext, TypeSpecificationHandle handle, byte rawTypeKind)
    {
        See(handle);
        return true;
    }

    public bool GetArrayType(bool elementType, ArrayShape shape) => true;

    public bool GetByReferenceType(bool elementType) => true;

    public bool GetFunctionPointerType(MethodSignature<bool> signature) => true;

    public bool GetGenericInstantiation(bool genericType, ImmutableArray<bool> typeArguments) => true;

    public bool GetGenericMethodParameter(object? genericContext, int index) => true;

    public bool GetGenericTypeParameter(object? genericContext, int index) => true;

    public bool GetModifiedType(bool modifier, bool unmodifiedType, bool isRequired) => true;

    public bool GetPinnedType(bool elementType) => true;

    public bool GetPointerType(bool elementType) => true;

    public bool GetPrimitiveType(PrimitiveTypeCode typeCode) => true;

    public bool GetSZArrayType(bool elementType) => true;
}
