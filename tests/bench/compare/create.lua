-- SPDX-License-Identifier: GPL-2.0
-- sysbench: one autocommitted create of a prepared statement at a time, no name twice.
sysbench.cmdline.options = {
	tag = { "begins the names", "load" },
	payload = { "bytes of an object", 1024 },
}

local n = 0

function thread_init()
	connection = sysbench.sql.driver():connect()
	statement = connection:prepare("INSERT INTO objects (name, payload) VALUES (?, ?)")
	name = statement:bind_create(sysbench.sql.type.VARCHAR, 96)
	payload = statement:bind_create(sysbench.sql.type.VARCHAR, sysbench.opt.payload)
	statement:bind_param(name, payload)
	payload:set(string.rep(string.char(97 + sysbench.tid % 26), sysbench.opt.payload))
end

function event()
	name:set(string.format("%s-%d-%d", sysbench.opt.tag, sysbench.tid, n))
	n = n + 1
	statement:execute()
end

function thread_done()
	statement:close()
	connection:disconnect()
end
