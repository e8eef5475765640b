-- A Wireshark dissector for what `cohort monitor --write` writes; pcapng.h has the layout.
--
--	wireshark -X lua_script:cohort.lua capture.pcapng
--	cohort monitor camera --write - | wireshark -X lua_script:cohort.lua -k -i -
--
-- Or copy it into Wireshark's folder of personal Lua plug-ins. A request and its reply name each
-- other's frames; what was lost and what failed is expert information.

local HEADER = 64
local VERSION = 1
local MESSAGE, REQUEST, REPLY, LOST, JOINED, LEFT = 1, 2, 3, 4, 5, 6

local kinds = {
	[MESSAGE] = "message", [REQUEST] = "request", [REPLY] = "reply",
	[LOST] = "lost", [JOINED] = "joined", [LEFT] = "left",
}

-- enum cohort_reason
local reasons = {
	[1] = "closed", [2] = "died", [3] = "violation", [4] = "overrun",
	[5] = "evicted", [6] = "refused", [7] = "shutdown",
}

local cohort = Proto("cohort", "cohort channel")

local f = {
	version = ProtoField.uint8("cohort.version", "Version"),
	kind = ProtoField.uint8("cohort.kind", "Kind", base.DEC, kinds),
	fds = ProtoField.uint32("cohort.fds", "Descriptors"),
	from = ProtoField.uint64("cohort.from", "From", base.HEX),
	to = ProtoField.uint64("cohort.to", "To", base.HEX),
	request = ProtoField.uint64("cohort.request", "Request"),
	latency = ProtoField.int64("cohort.latency", "Latency (ns)"),
	busy = ProtoField.int64("cohort.busy", "Busy (ns)"),
	length = ProtoField.uint64("cohort.length", "Length of body"),
	lost = ProtoField.uint64("cohort.lost", "Messages lost"),
	outcome = ProtoField.int32("cohort.outcome", "Outcome"),
	reason = ProtoField.int32("cohort.reason", "Reason", base.DEC, reasons),
	captured = ProtoField.uint32("cohort.captured", "Bytes captured"),
	action = ProtoField.string("cohort.action", "Action"),
	body = ProtoField.bytes("cohort.body", "Body"),
	reply_in = ProtoField.framenum("cohort.reply_in", "Reply in", base.NONE,
		frametype.RESPONSE),
	reply_to = ProtoField.framenum("cohort.reply_to", "Reply to", base.NONE,
		frametype.REQUEST),
}

local e = {
	malformed = ProtoExpert.new("cohort.malformed", "Not an event of this version",
		expert.group.MALFORMED, expert.severity.ERROR),
	failed = ProtoExpert.new("cohort.failed", "The outcome is an error",
		expert.group.RESPONSE_CODE, expert.severity.WARN),
	lost = ProtoExpert.new("cohort.was_lost", "Messages were lost",
		expert.group.SEQUENCE, expert.severity.WARN),
}

cohort.fields = f
cohort.experts = e

-- Frames of requests and of their replies, by who asked whom and the request's number: a number may
-- come again between two others.
local asked, answered = {}, {}

function cohort.init()
	asked, answered = {}, {}
end

-- The low half of an id is the peer's number; the primary's is 1.
local function peer(range)
	local id = range:le_uint64()

	if id == UInt64(0, 0) then
		return "-"
	elseif id:lower() == 1 then
		return "primary"
	end
	return id:tohex()
end

local function link_request(tree, kind, buffer, frame)
	local from, to = buffer(8, 8):bytes():tohex(), buffer(16, 8):bytes():tohex()
	local number = buffer(24, 8):bytes():tohex()

	if kind == REQUEST then
		number = from .. to .. number
		asked[number] = frame
		if answered[number] then
			tree:add(f.reply_in, answered[number]):set_generated()
		end
	elseif kind == REPLY then
		number = to .. from .. number
		answered[number] = frame
		if asked[number] then
			tree:add(f.reply_to, asked[number]):set_generated()
		end
	end
end

local function add_outcome(tree, kind, range)
	local outcome = range:le_int()

	if kind == LEFT then
		tree:add_le(f.reason, range)
	elseif kind == REPLY then
		local item = tree:add_le(f.outcome, range)

		if outcome ~= 0 then
			item:add_proto_expert_info(e.failed)
		end
	end
end

local function add_length(tree, kind, range)
	if kind == LOST then
		tree:add_le(f.lost, range):add_proto_expert_info(e.lost)
	elseif kind ~= JOINED and kind ~= LEFT then
		tree:add_le(f.length, range)
	end
end

local function describe(kind, buffer, action)
	if kind == LOST then
		return string.format("%s messages lost", buffer(48, 8):le_uint64())
	elseif kind == JOINED then
		return "joined"
	elseif kind == LEFT then
		return "left: " .. (reasons[buffer(56, 4):le_int()] or "?")
	end
	local text = string.format("%s %s, %s bytes", kinds[kind], action,
		buffer(48, 8):le_uint64())
	if kind == REPLY then
		text = text .. string.format(", outcome %d, %.3f ms", buffer(56, 4):le_int(),
			buffer(32, 8):le_int64():tonumber() / 1e6)
	end
	return text
end

-- Whether the lengths that the header tells are those of the packet.
local function is_whole(buffer)
	return buffer:len() >= HEADER and buffer(0, 1):uint() == VERSION and
		kinds[buffer(1, 1):uint()] ~= nil and
		HEADER + buffer(2, 2):le_uint() + buffer(60, 4):le_uint() == buffer:len()
end

function cohort.dissector(buffer, info, root)
	local tree = root:add(cohort, buffer())

	info.cols.protocol = "cohort"
	if not is_whole(buffer) then
		tree:add_proto_expert_info(e.malformed)
		return
	end
	local kind = buffer(1, 1):uint()
	local name = buffer(2, 2):le_uint()
	local captured = buffer(60, 4):le_uint()
	local action = name > 0 and buffer(HEADER, name):string() or ""

	info.cols.src = peer(buffer(8, 8))
	info.cols.dst = peer(buffer(16, 8))
	info.cols.info = describe(kind, buffer, action)
	tree:append_text(", " .. describe(kind, buffer, action))
	tree:add(f.version, buffer(0, 1))
	tree:add(f.kind, buffer(1, 1))
	tree:add_le(f.from, buffer(8, 8))
	tree:add_le(f.to, buffer(16, 8))
	if name > 0 then
		tree:add(f.action, buffer(HEADER, name))
	end
	if kind == REQUEST or kind == REPLY then
		tree:add_le(f.request, buffer(24, 8))
		link_request(tree, kind, buffer, info.number)
	end
	if kind == REPLY then
		tree:add_le(f.latency, buffer(32, 8))
	end
	tree:add_le(f.busy, buffer(40, 8))
	tree:add_le(f.fds, buffer(4, 4))
	add_length(tree, kind, buffer(48, 8))
	add_outcome(tree, kind, buffer(56, 4))
	tree:add_le(f.captured, buffer(60, 4))
	if captured > 0 then
		tree:add(f.body, buffer(HEADER + name, captured))
	end
end

DissectorTable.get("wtap_encap"):add(wtap.USER0, cohort)
